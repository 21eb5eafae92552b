"""What a program is: types, records, tracing, containers; no operation by name."""
