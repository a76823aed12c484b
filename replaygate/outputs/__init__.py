"""All text that the gate puts out."""
