"""What Python expects of a method beside TMVA: arguments by name, predict and score, tags, copies that travel."""
