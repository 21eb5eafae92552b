"""One file for each contestant: ``prepare(work, data, threads)`` gives a trainer."""
