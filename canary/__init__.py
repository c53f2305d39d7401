"""What runs on the laptop: command line and embedded AWS. May import `release`, never the reverse."""
