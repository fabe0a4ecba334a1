"""What was tried for this version and did not work, or was not tried: the card's only prose about results. Rewritten with each version."""

TRIED = (
    "Version 0.1 shipped the run of fold 1 and let half of one left-out real source choose thresholds. It had to assume 22 % fakes to keep false positives down, "
    "which misfitted the test split and called no face swap fake. Here several left-out sources choose, and the map to probabilities assumes as many fakes as "
    "reals: face swaps are found again and the test split fits better, at the price of far more false positives on photographs from unknown places.",
    "Balanced probabilities and thresholds around 0.5 don't carry over between sources: at the same thresholds posed portraits of an unknown source were called fake, "
    "and diffusion pictures of an unknown generator real. No pair of thresholds serves both.",
    "Other quantisation settings (fewer images for the ranges, moving averages, percentiles, eight-bit weights, the first layers left in fp32) were tried on "
    "validation images: none brought the int8 file nearer to fp32.",
    "Longer training, larger crops, stronger augmentation and mixing of pictures were not tried: two cores in heavy use gave each run only the crops stated above. "
    "Whether more of them would meet the bars that are missed is not known. Fold 1 was trained for version 0.1 and took longer than the 25 minutes meant for a fold.",
)
