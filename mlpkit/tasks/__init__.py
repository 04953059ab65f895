"""What kind of target is this? One row a task, from which everything else follows.

Output units, output activation, loss and metric of each task stand in one table (Géron's tables
10-1 and 10-2), and a `Task` carries them together with the encoding of targets and its inverse.
"""

from mlpkit.tasks.inferring import MAX_CLASSES_OF_NUMBERS, infer_task
from mlpkit.tasks.task import TASKS, Task, TaskRow

__all__ = ["MAX_CLASSES_OF_NUMBERS", "TASKS", "Task", "TaskRow", "infer_task"]
