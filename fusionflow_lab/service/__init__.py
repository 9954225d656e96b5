"""The one surface of jobs for front ends: requests in, replies out, over whatever carries them."""
