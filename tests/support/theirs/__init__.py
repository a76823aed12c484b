"""Files of somebody else's project; tests of the pytest plugin copy them there."""
