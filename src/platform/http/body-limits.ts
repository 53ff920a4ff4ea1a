import { AppError } from './app-error.js';

export const MEBIBYTE = 1024 * 1024;

export function tooLarge(limit: number): AppError {
  const sentence = `The body is too large: send at most ${limit / MEBIBYTE} MB.`;
  return new AppError('payload_too_large', sentence);
}
