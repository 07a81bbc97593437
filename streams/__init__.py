"""What happens to it: the race fold, scoring and alert rules (pure), and the Faust worker around them."""
