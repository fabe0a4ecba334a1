"""What was tried for this version and did not work, or was not tried: the card's only prose about results. Rewritten with each version."""

TRIED = (
    "Versions 0.1 and 0.2 trained the whole network. It learned the generators it was shown and missed others, and longer training did not help: fold 3 reached "
    "an AUC of 0.770 on what it never saw after 7,776 crops and 0.774 after 59,936; the four folds' mean was 0.82. The trunk as ImageNet left it, with logistic "
    "regression on the statistics of one block alone, reached 0.87.",
    "Earlier blocks (2 to 7) and later ones (13 to 15, the last layer) carried over worse than the three in the middle; a stronger penalty on the linear half helped "
    "some folds and cost others. Training squares cut out at random scales and places, with changed colours, carried over worse (mean of the folds 0.85 against 0.87 for the linear half). "
    "The mean of the fine-tuned and the frozen model was no better than both halves of this head, and takes twice the time.",
    "Other quantisation settings (fewer images for the ranges, moving averages, percentiles, eight-bit weights, the first layers left in fp32) were tried on "
    "validation images for version 0.2: none brought the int8 file nearer to fp32.",
    "Larger networks, reconstructions by an autoencoder as training fakes, and more sources of photographs were not tried. The fixed rule for thresholds was kept.",
)
