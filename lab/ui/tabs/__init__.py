"""One folder per tab; which there are, and in which order: `lab.ui.tabs.order`."""
