r"""LaTeX as one line of text: ``\dot y = 2^x`` becomes ``ẏ = 2ˣ``.

Strict: a command that is not in these tables, or a brace without its partner, is an
error, so that a test over all records proves every formula readable.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

FUNCTIONS: Final = {
    *("arccos", "arcsin", "arctan", "arg", "cos", "cosh", "cot", "det", "dim", "exp"),
    *("gcd", "inf", "ker", "lim", "ln", "log", "max", "min", "sec", "sin", "sinh"),
    *("sup", "tan", "tanh", "Pr"),
}
LETTERS: Final = {
    **{"alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε"},
    **{"varepsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ", "kappa": "κ"},
    **{"lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ"},
    **{"sigma": "σ", "tau": "τ", "phi": "φ", "varphi": "φ", "chi": "χ", "psi": "ψ"},
    **{"omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ"},
    **{"Pi": "Π", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω", "ell": "ℓ"},
    **{"Re": "Re", "Im": "Im", "infty": "∞", "partial": "∂", "nabla": "∇"},
    **{"top": "ᵀ", "dagger": "ᴴ", "prime": "′", "star": "⋆", "ast": "∗", "circ": "∘"},
    **{"dots": "…", "ldots": "…", "cdots": "⋯", "vdots": "⋮", "ddots": "⋱"},
    **{"lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "langle": "⟨"},
    **{"rangle": "⟩", "lvert": "|", "rvert": "|", "vert": "|", "colon": ": "},
    **{"lVert": "‖", "rVert": "‖", "Vert": "‖", "|": "‖", "{": "{", "}": "}"},
    **{"sum": "∑", "prod": "∏", "int": "∫", "neg": "¬", "forall": "∀", "exists": "∃"},
    **{"bigwedge": "⋀", "bigvee": "⋁", "bigcup": "⋃", "bigcap": "⋂", "emptyset": "∅"},
}
"""Commands that stand for a letter or a sign that keeps to its neighbour."""

RELATIONS: Final = {
    **{"le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "ne": "≠", "neq": "≠"},
    **{"approx": "≈", "equiv": "≡", "sim": "∼", "to": "→", "mapsto": "↦", "ll": "≪"},
    **{"in": "∈", "notin": "∉", "subset": "⊂", "cup": "∪", "cap": "∩", "gg": "≫"},
    **{"wedge": "∧", "vee": "∨", "land": "∧", "lor": "∨", "oplus": "⊕", "odot": "⊙"},
    **{"cdot": "·", "times": "×", "div": "÷", "pm": "±", "mp": "∓", "otimes": "⊗"},
    **{"Rightarrow": "⇒", "Leftrightarrow": "⇔", "propto": "∝", "bmod": "mod"},
    **{"lt": "<", "gt": ">", "setminus": "∖", "leftarrow": "←", "rightarrow": "→"},
}
"""Commands that stand between two things, with space on both sides."""

SPACES: Final = {
    **{",": " ", ":": " ", ";": " ", " ": " ", "!": "", "quad": "\u2003"},
    **{"qquad": "\u2003", "left": "", "right": "", "limits": "", "displaystyle": ""},
    **{"bigl": "", "bigr": "", "Bigl": "", "Bigr": "", "big": "", "Big": ""},
}
"""Commands that are only space, or nothing."""

ACCENTS: Final = {
    **{"dot": "\u0307", "ddot": "\u0308", "bar": "\u0304", "hat": "\u0302"},
    **{"tilde": "\u0303", "overline": "\u0305", "vec": "\u20d7", "underline": "\u0332"},
    **{"widehat": "\u0302", "widetilde": "\u0303"},
}
FONTS: Final = {
    *("mathrm", "mathit", "mathbf", "mathcal", "mathbb", "boldsymbol", "text"),
    *("operatorname", "operatorname*", "mathop"),
}
DOUBLE_STRUCK: Final = dict(zip("CNPQRZ", "ℂℕℙℚℝℤ", strict=True))

RAISED: Final = dict(
    zip(
        "0123456789+−=()abcdefghijklmnoprstuvwxyzTHᵀᴴ′∗⋆",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀᴴᵀᴴ′*⋆",
        strict=True,
    )
)
LOWERED: Final = dict(
    zip(
        "0123456789+−=()aehijklmnoprstuvxβγρφχ",
        "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ",
        strict=True,
    )
)

TOKEN = re.compile(r"\\operatorname\*|\\[A-Za-z]+|\\.|\s+|.", re.DOTALL)
MARKS = "\u0300-\u036f′ᵀᴴ⁰-₟²³¹ᵢ-ᵪⱼʰ-ˣᵃ-ᶻ"  # what is set above and beside a letter
NARROW = "\x01"  # a space if letters would touch there, else nothing
CELL, ROW = "\x02", "\x03"  # what parts the cells and rows of a matrix
CLOSE = frozenset("}")


class LatexError(ValueError):
    """A formula that these tables cannot read."""


def readable(latex: str) -> str:
    r"""A formula as a line of Unicode text.

    Args:
        latex: The formula, without dollar signs.

    Returns:
        The same in letters, with combining dots and bars, raised and lowered digits.

    Raises:
        LatexError: If it holds an unknown command or an unmatched brace.

    Examples:
        >>> readable(r"\dot y = \frac{\dot x}{1 + x^2}")
        'ẏ = ẋ/(1 + x²)'
        >>> readable(r"\bar x_i = \sum_{k \ge i} \bar y_k")
        'x̄ᵢ = ∑(k ≥ i) ȳₖ'
    """
    return _Reader(latex).until(frozenset()).strip().replace("\u2003", "  ")


class _Reader:
    """A formula being read, token by token."""

    def __init__(self, latex: str) -> None:
        self.latex = latex
        self.tokens: list[str] = TOKEN.findall(latex)
        self.place = 0

    def until(self, ends: frozenset[str]) -> str:
        """Everything up to one of these tokens, which is taken too."""
        text = ""
        while self.place < len(self.tokens):
            token = self.next()
            if token in ends:
                return _settled(text)
            text += self.meaning(token, text)
        if ends:
            raise self.error("a brace that is closed", "its end")
        return _settled(text)

    def next(self) -> str:
        """The next token."""
        if self.place == len(self.tokens):
            raise self.error("an argument", "the end")
        self.place += 1
        return self.tokens[self.place - 1]

    def argument(self) -> str:
        """A group in braces, or one token; spaces before it do not count."""
        token = self.next()
        while token.isspace():
            token = self.next()
        return self.until(CLOSE) if token == "{" else _settled(self.meaning(token, ""))

    def meaning(self, token: str, before: str) -> str:
        """The text of a token, and of the arguments that it takes."""
        if token.startswith("\\"):
            return self.command(token[1:])
        if token == "{":
            return self.until(CLOSE)
        if token == "}":
            raise self.error("an opening brace", "a closing one")
        if token == "^":
            return _script(self.argument(), RAISED, "^")
        if token == "_":
            large = before.endswith(("∑", "∏", "⋀", "⋁", "⋃", "⋂", NARROW))
            return _script(self.argument(), LOWERED, "" if large else "_")
        if token.isspace():
            return " "
        return {"-": "−", "~": " ", "&": CELL}.get(token, token)

    def command(self, name: str) -> str:
        """The text of a command without arguments, or of one with."""
        if name in FUNCTIONS:
            return f"{NARROW}{name}{NARROW}"
        if name in LETTERS:
            return LETTERS[name]
        if name in RELATIONS:
            return f" {RELATIONS[name]} "
        if name in SPACES:
            return SPACES[name]
        return ROW if name == "\\" else self.structure(name)

    def structure(self, name: str) -> str:
        """The text of a command with arguments."""
        if name in ACCENTS:
            accented = self.argument()
            text = accented[:1] + ACCENTS[name] + accented[1:]
            return unicodedata.normalize("NFC", text)
        if name in FONTS:
            return self.font(name)
        if name in ("frac", "tfrac", "dfrac"):
            return f"{_grouped(self.argument())}/{_grouped(self.argument())}"
        if name in ("binom", "tbinom"):
            return f"C({self.argument()}, {self.argument()})"
        if name == "sqrt":
            return self.root()
        if name == "begin":
            return self.rows(self.argument())
        raise self.error("a command of explain/latex_text.py", f"\\{name}")

    def font(self, name: str) -> str:
        """Names of functions and sets; other fonts are not shown."""
        text = self.argument()
        if name == "mathbb":
            return "".join(DOUBLE_STRUCK.get(letter, letter) for letter in text)
        return f"{NARROW}{text}{NARROW}" if name.startswith("operatorname") else text

    def root(self) -> str:
        """A square root, or one of another degree."""
        degree = ""
        if self.place < len(self.tokens) and self.tokens[self.place] == "[":
            self.next()
            degree = self.until(frozenset("]"))
        sign = {"": "√", "3": "∛", "4": "∜"}.get(degree)
        sign = sign or f"{_script(degree, RAISED, '')}√"
        return sign + _grouped(self.argument())

    def rows(self, kind: str) -> str:
        """Cases, aligned lines and matrices: rows with semicolons between them."""
        inner = self.until(frozenset({r"\end"}))
        if self.argument() != kind:
            raise self.error(f"\\end{{{kind}}}", "another end")
        between = {"cases": " if ", "aligned": " "}.get(kind, ", ")
        rows = [row.split(CELL) for row in inner.split(ROW) if row.strip()]
        lines = [between.join(cell.strip() for cell in row) for row in rows]
        text = "; ".join(lines)
        return f"[{text}]" if kind.endswith("matrix") else text

    def error(self, expected: str, got: str) -> LatexError:
        """What is wrong with the formula."""
        return LatexError(
            f"Expected {expected}, got {got} in {self.latex!r}: correct the formula."
        )


SPACING = (
    # Names of functions stand clear of letters, not of brackets and lowered letters.
    (rf"(?<=[\w)]){NARROW}(?=[^\W_⁰-₟²³¹ᵢ-ᵪⱼ]|[√∑∏|])", " "),
    (NARROW, ""),
    (r"(?<=[⌊⌈⟨¬∂]) +| +(?=[⌋⌉⟩])", ""),
    # What LaTeX's source spells with spaces is spaced once.
    (r"(?<=[ \u2003]) +| +(?=\u2003)", ""),
)


def _settled(text: str) -> str:
    """The parts of a formula with the right space between them."""
    for pattern, space in SPACING:
        text = re.sub(pattern, space, text)
    return text


def _script(text: str, table: dict[str, str], mark: str) -> str:
    """Raised or lowered; in parentheses where Unicode lacks a letter."""
    compact = text if len(text) < 3 else re.sub(r" ([+−=]) ", r"\1", text)
    if compact and all(letter in table for letter in compact):
        return "".join(table[letter] for letter in compact)
    return mark + (text if len(text) == 1 and mark else f"({text})")


def _grouped(text: str) -> str:
    """In parentheses, unless it is one number, name or term in parentheses."""
    letters = unicodedata.normalize("NFC", text)
    single = re.fullmatch(rf"√?[^\W\d][{MARKS}]*|\d+(\.\d+)?|∞", letters)
    return text if single else f"({text})"
