"""What the records say, in words and numbers: the book of rules as pages."""
