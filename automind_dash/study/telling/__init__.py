"""What a study says: sentences, figures, the report, and the files that keep its conclusions."""
