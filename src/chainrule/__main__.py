"""``python -m chainrule``: the command, where no script is on the path."""

from __future__ import annotations

from chainrule.cli import main

if __name__ == "__main__":
    main()
