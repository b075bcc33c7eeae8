"""What staff do with many labs: waves, spares, repairs, the check and the rehearsal before."""
