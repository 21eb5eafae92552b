"""What the records say, in words and numbers: the book of rules as pages."""

from chainrule.explain.entries import chapters as chapters
from chainrule.explain.entries import entry as entry
from chainrule.explain.latex_text import readable as readable
from chainrule.explain.page import page as page
