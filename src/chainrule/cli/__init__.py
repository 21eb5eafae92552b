"""The ``chainrule`` command."""

from chainrule.cli.app import main as main
