"""The load: arrivals at intended times, and the record of what came of them."""
