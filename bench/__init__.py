"""Speed, measured against the least raw code with the same result, in turn, in the same run."""
