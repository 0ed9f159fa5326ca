"""Files: TMVA's weight files (weights_xml), its output ROOT file (root_file), and the one way of writing any file (atomic)."""
