"""The families of steps, one file each."""
