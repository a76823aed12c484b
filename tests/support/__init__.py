"""What tests in more than one folder use. It holds no test and imports none."""
