/** The taught words that an index's database keeps. */

import { AgffError } from "./errors.js";
import { ALL, type IndexDatabase, metaOf, type Transaction } from "./index-database.js";
import { type Example, type Word, wordCalled } from "./taught-words.js";

/** All of them, in the order in which they came. */
export function storedWords(database: IndexDatabase): Promise<Word[]> {
  return database.run(["meta"], "readonly", wordsOf);
}

/** Changes a word by photos of the index, and stores it. `find` gives it, or makes it, among those that there are. */
export function changeWord(
  database: IndexDatabase,
  ids: readonly string[],
  find: (words: readonly Word[]) => { words: Word[]; word: Word },
  change: (word: Word, photos: readonly Example[]) => void,
): Promise<Word> {
  if (ids.length === 0) {
    throw new AgffError("input", "ids", "no photo was named; say which ones are meant");
  }
  return database.run(ALL, "readwrite", async (transaction) => {
    const { words, word } = find(await wordsOf(transaction));
    change(word, await examples(transaction, [...new Set(ids)]));
    await transaction.objectStore("meta").put(words, "words");
    return word;
  });
}

/** Forgets a word, and gives whether it was there. */
export function forgetWord(database: IndexDatabase, name: string): Promise<boolean> {
  return database.run(["meta"], "readwrite", async (transaction) => {
    const words = await wordsOf(transaction);
    const gone = wordCalled(words, name);
    if (!gone) return false;
    const left = words.filter((word) => word !== gone);
    await transaction.objectStore("meta").put(left, "words");
    return true;
  });
}

/** Takes words from elsewhere, and gives how many; one that is there stays as it is. */
export function takeWords(database: IndexDatabase, more: readonly Word[]): Promise<number> {
  return database.run(["meta"], "readwrite", async (transaction) => {
    const words = await wordsOf(transaction);
    const before = words.length;
    for (const word of more) if (!wordCalled(words, word.name)) words.push(word);
    if (words.length > before) await transaction.objectStore("meta").put(words, "words");
    return words.length - before;
  });
}

async function wordsOf(transaction: Transaction<"readonly" | "readwrite">): Promise<Word[]> {
  const stored = await transaction.objectStore("meta").get("words");
  return Array.isArray(stored) ? stored : [];
}

/** The global vectors of records. */
async function examples(
  transaction: Transaction<"readwrite">,
  ids: readonly string[],
): Promise<Example[]> {
  const { dimensions } = await metaOf(transaction);
  return Promise.all(
    ids.map(async (id) => {
      const record = await transaction.objectStore("records").get(id);
      const stored = record && (await transaction.objectStore("vectors").get(record.seq));
      if (!stored) {
        throw new AgffError("input", id, "it is no record of the index; add the photo first");
      }
      return { id, vector: stored.values.slice(0, dimensions) };
    }),
  );
}
