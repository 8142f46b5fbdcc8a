"""What tests stand on: contracts of every seam, and fakes; shipped, so that new backends sign the same promises."""
