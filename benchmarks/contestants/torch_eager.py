"""PyTorch, eager: fused Adam, and batches taken by index from one float32 tensor."""

import torch
from torch import nn
from workloads import ADAM, Array, Data, Work

from contestants.clock import timed


def network(work: Work) -> nn.Sequential:
    """Linear, ReLU, dropout, ...; the last layer gives logits, or values."""
    parts: list[nn.Module] = []
    for inputs, outputs in work.layers:
        parts += [nn.Linear(inputs, outputs), nn.ReLU(), nn.Dropout(work.dropout)]
    hidden = parts[:-2]
    if not work.dropout:
        hidden = [part for part in hidden if not isinstance(part, nn.Dropout)]
    model = nn.Sequential(*hidden)
    for layer in model:
        if isinstance(layer, nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
    return model


class Trainer:
    """The network, its optimiser and its tensors."""

    def __init__(self, work: Work, data: Data, threads: int) -> None:
        torch.set_num_threads(threads)
        torch.manual_seed(0)
        torch.set_flush_denormal(True)  # as XLA does; a few per cent faster
        self.batch = work.batch
        self.x = torch.from_numpy(data.x)
        targets = torch.from_numpy(data.y)
        self.y = targets.long() if work.kind == "classify" else targets
        self.model = network(work)
        self.loss = nn.CrossEntropyLoss() if work.kind == "classify" else nn.MSELoss()
        self.adam = torch.optim.Adam(
            self.model.parameters(),
            lr=ADAM["learning_rate"],
            betas=(ADAM["beta_1"], ADAM["beta_2"]),
            eps=ADAM["epsilon"],
            fused=True,
        )

    def once(self) -> None:
        """One epoch; the loss is summed as a tensor, never read step by step."""
        self.model.train()
        total = torch.zeros(())
        for rows in torch.randperm(len(self.x)).split(self.batch):
            self.adam.zero_grad(set_to_none=True)
            value = self.loss(self.model(self.x[rows]), self.y[rows])
            value.backward()
            self.adam.step()
            total += value.detach()

    def train(self, epochs: int) -> list[float]:
        """Seconds of each epoch."""
        return timed(self.once, epochs)

    def predict(self, x: Array) -> Array:
        """Logits, or values."""
        self.model.eval()
        with torch.inference_mode():
            return self.model(torch.from_numpy(x)).numpy()


def prepare(work: Work, data: Data, threads: int) -> Trainer:
    """PyTorch as its users write a small training loop with care."""
    return Trainer(work, data, threads)
