"""What a job gives: previews, the exact result, and how both show."""
