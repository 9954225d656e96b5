"""One module per step; its name starts with its revision."""
