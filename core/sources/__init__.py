"""Sources: the bytes that a sender posted become events, or are refused by name."""
