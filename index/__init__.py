"""What can be found: vectors, words, ranking, persistence."""
