"""EM4100 badges at 125 kHz: readers that send ASCII frames and hear nothing (ID-12LA, ID-20LA, RDM6300, RDM630)."""
