"""What spike sorters write."""
