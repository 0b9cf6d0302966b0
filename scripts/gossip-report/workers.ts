import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Findings, Task } from "./tasks.ts";

/** Thousands of peers that know each other need more than Node takes by itself. */
const HEAP_MEBIBYTES = 6_144;
const WORKER = fileURLToPath(new URL("worker.js", import.meta.url));

interface Answer {
  readonly found: Findings[Task["kind"]];
  readonly cpuSeconds: number;
}

export interface Done {
  readonly task: Task;
  readonly found: Findings[Task["kind"]];
}

/** Does `tasks` in so many processes at once, a new process for each, the first task first. Answers in the order of the tasks. */
export async function performAll(
  tasks: readonly Task[],
  workerCount: number,
  progress: (task: Task, cpuSeconds: number) => void,
): Promise<readonly Done[]> {
  const done: Done[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < tasks.length; index = next++) {
      const task = tasks[index] as Task;
      const { found, cpuSeconds } = await performApart(task);
      done[index] = { task, found };
      progress(task, cpuSeconds);
    }
  };
  await Promise.all(Array.from({ length: workerCount }, work));
  return done;
}

async function performApart(task: Task): Promise<Answer> {
  const worker = fork(WORKER, {
    serialization: "advanced",
    execArgv: [`--max-old-space-size=${HEAP_MEBIBYTES}`],
  });
  try {
    return await answerOf(worker, task);
  } finally {
    worker.kill();
  }
}

function answerOf(worker: ChildProcess, task: Task): Promise<Answer> {
  return new Promise((resolve, reject) => {
    worker.once("message", (answer: Answer) => {
      resolve(answer);
    });
    worker.once("error", reject);
    worker.once("exit", (code) => {
      reject(
        new Error(`the worker for ${task.kind} ended with code ${code} before it had answered`),
      );
    });
    worker.send(task);
  });
}
