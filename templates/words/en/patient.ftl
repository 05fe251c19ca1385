patient-doctor = Dr { $name }
patient-hello = Hello, { $name }
patient-mail-returns = Our emails to you come back.
patient-mail-returns-link = See what to do
patient-next = Your next appointment
patient-empty = You have no appointments booked.
patient-book-another = Book another appointment
patient-results = New test results
patient-results-none = You have no new test results.
patient-results-all = See all test results
patient-results-count = { $count ->
    [one] You have 1 new test result.
   *[other] You have { $count } new test results.
}
patient-results-read = Read test results
patient-todo = To do
patient-todo-none = You have nothing to do right now.
patient-todo-visit = Join your video visit with { $doctor }
patient-todo-results = { $count ->
    [one] Read 1 new test result
   *[other] Read { $count } new test results
}
patient-print-who = { $name }, born on { $date }
patient-print-at = Printed on { $time }
