"""What acquisition systems and makers of arrays write."""
