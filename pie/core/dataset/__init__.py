"""What building a data set decides and how its files look: no command, no process."""
