"""Which recordings there are, the recorder that makes them, and what each must contain."""
