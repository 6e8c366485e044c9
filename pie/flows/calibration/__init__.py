"""`pie calibrate`: how well a machine agrees with another, and a cost fitted to it."""
