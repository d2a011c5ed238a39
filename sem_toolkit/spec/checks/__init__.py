"""What is wrong or doubtful in a spec beyond its grammar; every function reports and none raises."""
