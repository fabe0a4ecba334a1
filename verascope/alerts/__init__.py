"""What people must hear about: rules on metrics (`rule`), how evidence is judged (`judge`), and the state of each alert (`state`)."""
