labs-title = Test results
labs-empty = You have no test results here yet.
labs-search = Search by name
labs-search-hint = For example sugar
labs-search-submit = Search
labs-search-clear = Show all
labs-year = Year
labs-year-all = All years
labs-found = { $count ->
    [0] No test results fit your search.
    [one] 1 report fits your search.
   *[other] { $count } reports fit your search.
}
labs-group = { $name }, { $date }
labs-count = { $count ->
    [one] 1 result
   *[other] { $count } results
}
labs-new = New
labs-outside = { $count ->
    [one] Outside the usual range
   *[other] { $outside } of { $count } outside the usual range
}
labs-all-in = { $count ->
    [one] In the usual range
   *[other] All { $count } in the usual range
}
labs-reviewed = { $name } looked at these on { $date }.
labs-waiting = Your care team has not looked at these yet.
labs-pending = The lab is still working on these.
labs-call = Call { $phone } today.
labs-said-in = Your result is in the usual range.
labs-said-little_above = Your result is a little above the usual range.
labs-said-above = Your result is above the usual range.
labs-said-far_above = Your result is far above the usual range.
labs-said-little_below = Your result is a little below the usual range.
labs-said-below = Your result is below the usual range.
labs-said-far_below = Your result is far below the usual range.
labs-said-no_range = The lab gives no usual range for this test.
labs-said-cannot_tell = The lab could not measure this exactly. It may be inside or outside the usual range.
labs-said-found = The lab looked for this and found it.
labs-said-not_found = The lab looked for this and did not find it.
labs-said-not_measured = The lab could not measure this.
labs-said-outside = Your result is outside the usual range.
labs-said-far_outside = Your result is far outside the usual range.
labs-said-described = The lab describes this result in words.
labs-flag-in = In the usual range
labs-flag-above = Above the usual range
labs-flag-below = Below the usual range
labs-flag-far_above = Far above, call us
labs-flag-far_below = Far below, call us
labs-flag-far_outside = Far outside, call us
labs-flag-outside = Outside the usual range
labs-flag-no_range = No usual range for this test
labs-flag-cannot_tell = Not measured exactly
labs-flag-found = Found
labs-flag-not_found = Not found
labs-flag-not_measured = Could not be measured
labs-flag-described = In words
labs-range-between = The usual range at this lab is { $low } to { $high }.
labs-range-under = The usual range at this lab is under { $high }.
labs-range-up_to = The usual range at this lab is up to { $high }.
labs-range-over = The usual range at this lab is over { $low }.
labs-range-from = The usual range at this lab is { $low } or more.
labs-range-text = The lab says about the usual range: { $text }
labs-line-between = Your value { $value }, on a line where the usual range runs from { $low } to { $high }
labs-line-under = Your value { $value }, on a line where the usual range ends at { $high }
labs-line-over = Your value { $value }, on a line where the usual range begins at { $low }
labs-disagrees = The lab's mark does not fit its range. We show both. Ask your care team.
labs-by_range = The lab did not mark this result. We compared it with the lab's range.
labs-by_range-some = Where the lab did not mark a result, we compared it with the lab's range.
labs-collected = Sample from { $date }
labs-corrected = Corrected on { $date }
labs-note = { $doctor }, { $date }
labs-next = What to do next
labs-next-pending = Wait until the lab is done. We tell you when there is news.
labs-next-waiting = Your care team will look at this result and contact you if something must change.
labs-next-noted = Follow what your doctor wrote above. Questions? Call { $phone }.
labs-next-seen = Your doctor has seen this and has not asked for anything more. Questions? Call { $phone }.
labs-about = About this test
labs-details = Lab details
labs-details-collected = Sample taken
labs-details-issued = Sent by the lab
labs-details-lab = Lab
labs-details-order = Order
labs-print = Print this page
labs-print-who = { $name }, born on { $date }
labs-print-at = Printed on { $time }
