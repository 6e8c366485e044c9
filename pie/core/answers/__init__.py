"""What models answered: kept as it arrives, and the programs found in it."""
