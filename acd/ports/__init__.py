"""What the engine needs of the outside, as protocols and their data only."""
