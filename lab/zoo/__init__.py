"""The pocket zoo: worlds with exact truth, and the small models trained on them."""
