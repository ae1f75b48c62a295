"""The page: param-driven state and thin views. Nothing in it computes science."""
