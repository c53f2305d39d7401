"""What runs on the laptop: command line and embedded AWS; `release` never imports it."""
