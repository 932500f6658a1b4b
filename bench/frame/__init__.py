"""What all benches share: an office of a size, time taken honestly, results kept and drawn."""
