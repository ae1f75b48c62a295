"""What is exchanged between labs."""
