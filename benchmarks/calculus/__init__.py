"""Derivatives of ordinary numerical code: problems, and who solves them how."""
