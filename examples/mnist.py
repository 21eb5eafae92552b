"""The network of every tutorial, word for word but for its first import.

Run: python mnist.py (writes mnist_loss.png)
"""

import matplotlib.pyplot as plt

import chainrule as keras
from chainrule import layers, models

(x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
x_train, x_test = x_train / 255.0, x_test / 255.0

model = models.Sequential(
    [
        layers.Flatten(input_shape=(28, 28)),
        layers.Dense(128, activation="relu"),
        layers.Dropout(0.2),
        layers.Dense(10, activation="softmax"),
    ]
)
model.compile(
    optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"]
)
history = model.fit(x_train, y_train, epochs=5, validation_data=(x_test, y_test))

test_loss, test_acc = model.evaluate(x_test, y_test)
print(f"test loss {test_loss:.4f}, test accuracy {test_acc:.4f}")

figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
epochs = range(1, len(history.history["loss"]) + 1)
axes.plot(epochs, history.history["loss"], "o-", color="#2563eb", label="training")
axes.plot(epochs, history.history["val_loss"], "o-", color="#ea580c", label="test")
axes.set(title="MNIST", xlabel="epoch", ylabel="loss", xticks=epochs)
axes.set_ylim(bottom=0)
axes.grid(alpha=0.25)
axes.spines[["top", "right"]].set_visible(False)
axes.legend(frameon=False)
figure.savefig("mnist_loss.png", dpi=150)
print("wrote mnist_loss.png")
if plt.get_backend().lower() != "agg":
    plt.show()
