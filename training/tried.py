"""What was tried for this version and did not work, or was not tried: the card's only prose about results. Rewritten with each version."""

TRIED = (
    "Versions 0.1 and 0.2 trained the whole network. It learned the generators it was shown and missed others, and longer training did not help: fold 3 reached "
    "an AUC of 0.770 on what it never saw after 7,776 crops and 0.774 after 59,936; the four folds' mean was 0.82. The trunk as ImageNet left it, with logistic "
    "regression on the statistics of one block alone, reached 0.87.",
    "Earlier blocks (2 to 7) and later ones (13 to 15, the last layer) carried over worse than the three in the middle. Training squares cut out at random scales and places, "
    "with changed colours, carried over worse (mean of the folds 0.85 against 0.87 for the linear half). "
    "The mean of the fine-tuned and the frozen model was no better than both halves of a head, and takes twice the time.",
    "For version 0.4, mean left-out AUC of a linear discriminant on plain squares: 0.857 on the statistics of version 0.3; 0.850 with blocks 5 to 11 and 0.848 with all twelve; 0.852 "
    "with skewness and 0.857 with kurtosis too; 0.875 with differences between neighbouring places; 0.840 on the middle of the maps alone, 0.877 on what lies around it, 0.885 on both, which is shipped. "
    "With changed squares too, differences between neighbours beside both parts gave 0.888 against 0.887 and were left out.",
    "Statistics of the picture itself (energies of an 8 × 8 cosine transform, second differences at three scales, their correlations) tell the sources apart, not the labels: 0.486 alone, and 0.827 "
    "instead of 0.857 beside the blocks.",
    "Sources made to count alike, or by their size instead of its square root, moved the left-out mean by less than 0.006. Without face swaps in training it rose by 0.02 and the AUC "
    "of the test split fell by 0.11; with four times the weight of the swaps and their reals it fell by 0.02 and the other rose by 0.01.",
    "Other shares for the linear part than half, mean left-out AUC and validation AUC: 0.923 and 0.930 with 60 %, 0.919 and 0.945 with 40 %, 0.916 and 0.952 with 30 %, against 0.922 and 0.938. "
    "The false positives on yonsei_real stayed between 79 and 84 %, the recall on Stable Diffusion 2.1 between 23 and 26 %.",
    "Other quantisation settings (fewer images for the ranges, moving averages, percentiles, eight-bit weights, the first layers left in fp32) were tried on "
    "validation images for version 0.2: none brought the int8 file nearer to fp32.",
    "Larger networks, reconstructions by an autoencoder as training fakes, and more sources of photographs were not tried. The fixed rule for thresholds was kept.",
)
