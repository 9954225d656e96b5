"""The notebook: magics that parse a cell, call a job and display its events."""
