"""Child processes that outlive neither their parent nor a panic."""
